#!/bin/sh
# Whether two builds of ediy come to the same bytes.
#
#     benchmarks/equality/compare.sh OLD NEW [OLD_RECIPE [NEW_RECIPE]] [--evaluate FOLDER]
#
# OLD and NEW are the programs. Each runs a whole benchmark of seconds by its recipe (tiny.yaml beside this script unless another is
# named: an old program may call keys otherwise). What the runs leave is compared byte by byte: weights, detections, evaluations,
# numbers of regions, and metrics but for their seconds. With --evaluate, so is what evaluate, compare and explain say of FOLDER,
# which holds gt.json, dt.json and, for compare, dt2.json. Tells each file that differs, and ends with 1 if one does.
set -eu

[ $# -ge 2 ] || { sed -n '4p' "$0" | sed 's/^# *//' >&2; exit 2; }
old=$1; new=$2; shift 2
own=$(cd "$(dirname "$0")" && pwd)/tiny.yaml
old_recipe=; new_recipe=; folder=
while [ $# -gt 0 ]; do
    case $1 in
    --evaluate) folder=$2; shift 2 ;;
    *) if [ -z "$old_recipe" ]; then old_recipe=$1; else new_recipe=$1; fi; shift ;;
    esac
done
old_recipe=${old_recipe:-$own}; new_recipe=${new_recipe:-$own}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
differences=0
compared=0

# Compares a file of both programs by its name below their folders.
same() {
    compared=$((compared + 1))
    if cmp -s "$scratch/old/$1" "$scratch/new/$1"; then return; fi
    echo "differs: $1"
    differences=$((differences + 1))
}

for side in old new; do
    eval "program=\$$side; recipe=\$${side}_recipe"
    "$program" benchmark "$recipe" --output "$scratch/$side/run" >"$scratch/$side.log" 2>&1 || { tail -3 "$scratch/$side.log" >&2; exit 1; }
    # The seconds of a step are of the machine.
    find "$scratch/$side/run" -name metrics.jsonl | while read -r file; do
        sed 's/, *"seconds": *[0-9.eE+-]*//; s/"seconds": *[0-9.eE+-]*,* *//' "$file" >"$file.timeless"
    done
    [ -n "$folder" ] || continue
    mkdir -p "$scratch/$side/evaluation"
    gt="$folder/gt.json"; dt="$folder/dt.json"; out="$scratch/$side/evaluation"
    "$program" evaluate --annotations "$gt" --results "$dt" --iou bbox,segm --json "$out/evaluate.json" >"$out/evaluate.txt"
    "$program" explain --annotations "$gt" --results "$dt" --json "$out/explain.json" >"$out/explain.txt"
    [ ! -f "$folder/dt2.json" ] || "$program" compare "$dt" "$folder/dt2.json" --annotations "$gt" --resamples 100 --json "$out/compare.json" >"$out/compare.txt"
done

cd "$scratch/old"
for file in $(find . -type f \( -name '*.safetensors' -o -name results.json -o -name evaluation.json -o -name analysis.json \
    -o -name regions.json -o -name '*.timeless' -o -path './evaluation/*' \) ! -path '*/checkpoints/*' | sort); do
    same "$file"
done
[ "$compared" -gt 0 ] || { echo "nothing to compare" >&2; exit 1; }
echo "$compared files compared, $differences differ"
[ "$differences" -eq 0 ]
