"""The numbers that StatisticsTests.swift expects.

    pip install scipy statsmodels
    python make_statistics.py
"""
import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

CASES = [
    [0.012, 0.021, -0.003, 0.017, 0.009],
    [0.02, 0.03],
    [-0.011, -0.012, -0.0115, -0.0118, -0.0109, -0.0121, -0.0116, -0.0113, -0.0112, -0.0119],
    [0.5, -0.5, 0.25],
    [0.0210001, 0.0210002, 0.0210003, 0.0210004],
]
for case in CASES:
    d = np.array(case)
    low, high = stats.t.interval(0.95, len(d) - 1, d.mean(), stats.sem(d))
    # A paired test is one of the differences.
    p = stats.ttest_rel(d + 0.3, np.full(len(d), 0.3)).pvalue
    assert abs(p - stats.ttest_1samp(d, 0).pvalue) <= 1e-4 * p
    print(case, repr(float(d.mean())), repr(float((high - low) / 2)), repr(float(stats.ttest_1samp(d, 0).pvalue)))

for ps in [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 0.04], [0.2], [0.02, 0.02, 0.02]]:
    print("Holm", ps, multipletests(ps, method="holm")[1].tolist())
