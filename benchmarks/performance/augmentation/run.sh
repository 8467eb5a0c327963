#!/bin/sh
# Pictures a second, ediy and its peers: run.sh FOLDER [SECONDS]
# FOLDER holds the JPEG photographs to take; PYTHON names the interpreter that has the peers (python3).
set -e
folder=${1:?usage: run.sh FOLDER [SECONDS]}
folder=$(realpath "$folder")
seconds=${2:-10}
cd "$(dirname "$0")"
swift build -c release
for threads in 1 2; do
    .build/release/augmentation fast "$threads" "$seconds" "$folder"/*.jpg
    .build/release/augmentation exact "$threads" "$seconds" "$folder"/*.jpg
    "${PYTHON:-python3}" peers.py "$threads" "$seconds" "$folder"/*.jpg
done
