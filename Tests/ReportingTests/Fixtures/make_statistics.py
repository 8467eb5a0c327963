"""The numbers that StatisticsTests.swift expects.

    pip install scipy
    python make_statistics.py
"""
import numpy as np
from scipy import stats

d = np.array([0.012, 0.021, -0.003, 0.017, 0.009])
low, high = stats.t.interval(0.95, len(d) - 1, d.mean(), stats.sem(d))
print(d.mean(), (high - low) / 2, stats.ttest_1samp(d, 0).pvalue)
