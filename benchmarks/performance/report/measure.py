"""How long `ediy report` takes and how much memory, for 40 runs of 80 categories: from what run folders keep; with intervals over
images besides, for which the detections of the two methods compared are matched and drawn anew; and of 40 plain results files,
each evaluated first.

    pip install numpy pycocotools
    python measure.py --ediy .build/release/ediy [--images 5000 --detections 10] [--runs FOLDER]

No other program makes such a report; what it is held against is `ediy evaluate` of the same results files, one after the other,
which computes the AP of each and nothing more.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def measured(command):
    """Seconds and megabytes at most."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ediy", default=".build/release/ediy")
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--detections", type=int, default=10, help="an image")
    parser.add_argument("--runs", help="where the made runs lie, or will lie; a temporary folder by default")
    options = parser.parse_args()
    scratch = tempfile.TemporaryDirectory()
    runs = options.runs or f"{scratch.name}/runs"
    if not os.path.exists(f"{runs}/benchmark.json"):
        subprocess.run(
            [sys.executable, f"{HERE}/make_runs.py", "--methods", "8", "--seeds", "5", "--images", str(options.images),
             "--detections", str(options.detections), "--ediy", options.ediy, "--output", runs], check=True)
    folders = sorted(glob.glob(f"{runs}/*/finetune"))
    files = [f"{folder}/results.json" for folder in folders]
    print(f"{len(folders)} runs, {sum(os.path.getsize(file) for file in files) / 1e6:.0f} MB of results")
    truth = f"{runs}/instances.json"
    named = [f"--results={os.path.basename(os.path.dirname(folder)).split('-seed')[0]}={folder}/results.json" for folder in folders]
    ways = {
        # Run folders by themselves name no ground truth.
        "report of run folders": folders,
        "with intervals over images": [runs],
        "report of results files": [*named, "--annotations", truth],
    }
    taken = {}
    for name, arguments in ways.items():
        taken[name], megabytes = measured([options.ediy, "report", *arguments, "--output", f"{scratch.name}/report"])
        print(f"{name:28} {taken[name]:7.2f} s {megabytes:6.0f} MB", flush=True)
    each = [
        measured([options.ediy, "evaluate", "--annotations", truth, "--results", file, "--iou", "bbox,segm"])
        for file in files]
    total = sum(each[0] for each in each)
    print(f"{'evaluate the same files':28} {total:7.2f} s {max(m for _, m in each):6.0f} MB")
    for name, seconds in taken.items():
        print(f"{name}: {seconds / total:.2f} times that")


main()
