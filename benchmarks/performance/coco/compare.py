"""Times `ediy evaluate` beside its peers on the same files, whole process: start, load, evaluate, print.

    pip install pycocotools==2.0.11 ultrafast-pycocotools==0.1.14 hotcoco==1.3.0 faster-coco-eval==1.8.0
    python compare.py FOLDER [--ediy PATH] [--repeats 3] [--without pycocotools …]

FOLDER is what make_detections.py wrote. Prints the best wall time of the repeats, its CPU time and peak memory.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

PEERS = {
    "ultrafast-pycocotools": "from ultrafast_pycocotools.coco import COCO; from ultrafast_pycocotools.cocoeval import COCOeval as E",
    "hotcoco": "from hotcoco import COCO, COCOeval as E",
    "faster-coco-eval": "from faster_coco_eval import COCO, COCOeval_faster as E",
    "pycocotools": "from pycocotools.coco import COCO; from pycocotools.cocoeval import COCOeval as E",
}
PROGRAM = "\ngt = COCO({gt!r}); e = E(gt, gt.loadRes({dt!r}), {kind!r}); e.evaluate(); e.accumulate(); e.summarize()"
# faster-coco-eval logs its summary and prints none.
PROGRAM += "; print('IoU=0.50:0.95 area=   all', '%.3f' % e.stats[0])"


def command_line(name, ediy, folder, kind):
    """The command line that evaluates a folder's detections by one program."""
    gt, dt = f"{folder}/gt.json", f"{folder}/{kind}.json"
    if name == "ediy":
        return [ediy, "evaluate", "--annotations", gt, "--results", dt, "--iou", kind]
    return [sys.executable, "-c", PEERS[name] + PROGRAM.format(gt=gt, dt=dt, kind=kind)]


def measure(command):
    """Wall seconds, CPU seconds, peak MB and the printed AP of one process."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{text}")
    ap = next(line.split()[-1] for line in text.splitlines() if "area=   all" in line and "0.50:0.95" in line)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, ap


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--ediy", default=".build/release/ediy")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without", nargs="*", default=[], choices=PEERS)
    args = parser.parse_args()
    print("| evaluation | program | wall s | CPU s | peak MB | AP |\n| --- | --- | --- | --- | --- | --- |")
    for kind in ("bbox", "segm"):
        names = ["ediy"] + [name for name in PEERS if name not in args.without]
        commands = {name: command_line(name, args.ediy, args.folder, kind) for name in names}
        # A round of all programs at a time, so that a busy moment of the machine meets them alike.
        runs = {name: [] for name in commands}
        for _ in range(args.repeats):
            for name, command in commands.items():
                runs[name].append(measure(command))
        for name, measured in runs.items():
            wall, cpu, peak, ap = min(measured)
            print(f"| {kind} | {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {ap} |", flush=True)


if __name__ == "__main__":
    main()
