#!/bin/sh
# A step of BYOL and E-DIY, and PyTorch's of BYOL: run.sh [STEPS [IMAGES [SIDE [PRECISIONS]]]]
# PYTHON names the interpreter that has the peers (python3).
set -e
steps=${1:-20}
python=${PYTHON:-python3}
cd "$(dirname "$0")"
swift build -c release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" peers.py make "$work/inputs.safetensors" "${2:-16}" "${3:-224}"
for precision in ${4:-float32 bfloat16}; do
    "$python" peers.py turns "$precision" "$steps" "$work/inputs.safetensors"
done
