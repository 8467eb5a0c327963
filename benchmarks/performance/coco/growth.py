"""How time and memory grow with the number of images: `ediy evaluate` and its fastest peers on folders of rising size.

    for n in 5000 15000 50000; do
        python make_detections.py /tmp/coco-$n --images $n --objects $((n * 32 / 5)) --detections $((n * 100)) --kinds bbox
    done
    python growth.py /tmp/coco-5000 /tmp/coco-15000 /tmp/coco-50000 --ediy ../../../.build/release/ediy
"""
import argparse
import os

from compare import PEERS, command_line, measure


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--ediy", default=".build/release/ediy")
    parser.add_argument("--kind", default="bbox", choices=["bbox", "segm"])
    parser.add_argument("--peers", nargs="*", default=["ultrafast-pycocotools", "hotcoco"], choices=PEERS)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    print("| folder | MB of detections | program | wall s | CPU s | peak MB |\n| --- | --- | --- | --- | --- | --- |")
    for folder in args.folders:
        size = os.path.getsize(f"{folder}/{args.kind}.json") / 1e6
        runs = {name: [] for name in ["ediy", *args.peers]}
        for _ in range(args.repeats):
            for name in runs:
                runs[name].append(measure(command_line(name, args.ediy, folder, args.kind)))
        for name, measured in runs.items():
            wall, cpu, peak, _ = min(measured)
            print(f"| {folder} | {size:.0f} | {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
