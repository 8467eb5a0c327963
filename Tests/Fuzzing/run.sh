#!/bin/sh
# Fuzzes what reads strangers' files under AddressSanitizer, with libFuzzer of the toolchain's clang:
#
#     Tests/Fuzzing/run.sh [INPUTS] [FUZZER …]      a million by default, to each of reader, rle and weights
#
# Prints what libFuzzer prints, and fails with it: then the input lies in the folder that it names. On one core a million
# inputs take the reader twenty minutes, rle less.
set -eu
cd "$(dirname "$0")/../.."
inputs=${1:-1000000}
[ $# -eq 0 ] || shift
fuzzers=${*:-reader rle weights}
work=${TMPDIR:-/tmp}/ediy-fuzz
bin=$(dirname "$(readlink -f "$(command -v swiftc)")")
# What makes AddressSanitizer slow and finds nothing here.
export ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=16:detect_stack_use_after_return=0

fuzz() {
    "$work/$1-fuzzer" -runs="$inputs" -max_len="$2" -artifact_prefix="$work/" -print_final_stats=1 "$work/$1"
}

for fuzzer in $fuzzers; do
    mkdir -p "$work/$fuzzer"
    case $fuzzer in
    reader)
        "$bin/clang++" -std=c++17 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
            -ISources/CSimdJSON/include -ISources/CSimdJSON \
            Tests/Fuzzing/CocoReaderFuzzer.cpp Sources/CSimdJSON/*.cpp -lsimdjson -o "$work/reader-fuzzer"
        cp Tests/COCOTests/Fixtures/random0-gt.json Tests/COCOTests/Fixtures/random0-dt.json "$work/reader/"
        for text in \
            '{"images":[{"id":1,"width":9,"height":9,"file_name":"\u00e9.jpg","neg_category_ids":[1],"not_exhaustive_category_ids":[2]}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,1,1],"area":1.5,"iscrowd":true,"ignore":1,"num_keypoints":1,"keypoints":[1,2,2],"segmentation":{"size":[9,9],"counts":[3,78]}}],"categories":[{"id":1,"name":"x","supercategory":null,"frequency":"r"}]}' \
            '[{"image_id":1,"category_id":1,"bbox":[],"score":-1e-3,"segmentation":{"size":[9,9],"counts":"0Q2\\\\0"}}, {"image_id":1,"category_id":1,"keypoints":[1,1,1],"score":1,"x":[{"a":[{},{}]},{"b":"},{"}]}]'; do
            printf '%s' "$text" > "$work/reader/$(printf '%s' "$text" | cksum | cut -d' ' -f1).json"
        done
        fuzz reader 2048
        ;;
    rle)
        # The Swift files as one module, without the imports of one another.
        cat Sources/Support/UserError.swift Sources/COCO/Box.swift Sources/COCO/RLE.swift Sources/COCO/RLE+*.swift \
            Sources/COCO/Runs.swift | sed '/^import Support$/d' > "$work/rle.swift"
        swiftc -O -parse-as-library -sanitize=fuzzer,address -module-name fuzzer Tests/Fuzzing/RLEFuzzer.swift "$work/rle.swift" \
            -o "$work/rle-fuzzer"
        printf '\011\0110Q2' > "$work/rle/seed"
        fuzz rle 256
        ;;
    weights)
        weights="Support/UserError Support/JSON Support/AtomicFile Torch/DType NN/SafeTensors NN/Weights/NamedTensor"
        for name in MappedFile StoredTensor Pickle PickleCallable PickleMachine PickleMachine+Calls PickleContent TorchZip TorchStream WeightFile; do
            weights="$weights NN/Weights/$name"
        done
        for part in $weights; do sed '/^import \(Support\|Torch\|CJSON\|Foundation\)$/d' "Sources/$part.swift"; done > "$work/weights-readers.swift"
        sed -i '1i import CJSON\nimport Foundation' "$work/weights-readers.swift"
        swiftc -O -parse-as-library -sanitize=fuzzer,address -module-name fuzzer -Xcc -fmodule-map-file=Sources/CJSON/module.modulemap \
            Tests/Fuzzing/WeightFileFuzzer.swift "$work/weights-readers.swift" -ljson-c -o "$work/weights-fuzzer"
        cp Tests/NNTests/Fixtures/weights* "$work/weights/"
        fuzz weights 8192
        ;;
    *)
        echo "run.sh: there is no fuzzer $fuzzer; choose among reader, rle and weights" >&2
        exit 1
        ;;
    esac
done
