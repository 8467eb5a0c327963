// swift-tools-version: 6.0
import PackageDescription

// Debian's libtorch unless LIBTORCH names another one: a PyPI torch folder, or an unpacked libtorch.
let libtorch = Context.environment["LIBTORCH"]

let torchFlags: [CXXSetting] =
    libtorch.map { root in
        [
            .unsafeFlags(["-I\(root)/include", "-I\(root)/include/torch/csrc/api/include"])
        ]
    } ?? [
        .unsafeFlags(["-I/usr/include/torch/csrc/api/include"])
    ]

let torchLinks: [LinkerSetting] =
    (libtorch.map { root in
        [.unsafeFlags(["-L\(root)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(root)/lib"])]
    } ?? []) + [
        // libtorch.so holds nothing and needs the devices' libraries: a linker that drops what is not asked for would lose CUDA.
        .unsafeFlags(["-Xlinker", "--no-as-needed", "-ltorch", "-ltorch_cpu", "-lc10"])
    ]

/// A library room with its tests beside it in `Tests/`.
func room(_ name: String, needs dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources)
}

func tests(of name: String, needs dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        exclude: ["Fixtures"])
}

let package = Package(
    name: "ediy",
    products: [
        .executable(name: "ediy", targets: ["ediy"]),
        .library(name: "Vision", targets: ["Vision", "Support"]),
        .library(name: "COCO", targets: ["COCO"]),
        .library(name: "Pretraining", targets: ["Pretraining", "Training", "Runs", "DataLoading", "NN", "Torch", "Support"]),
        // Opened at run time by `Torch`, never linked: see Sources/Torch/Library.swift.
        .library(name: "CTorch", type: .dynamic, targets: ["CTorch"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    ]
        // Of no use to a build: `make docs` alone fetches it.
        + (Context.environment["EDIY_DOCS"] == nil
            ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", exact: "1.5.0")]),
    targets: [
        // C and C++, one thin room a library.
        .target(
            name: "CTorch", exclude: ["README.md"], cxxSettings: [.headerSearchPath(".")] + torchFlags, linkerSettings: torchLinks),
        .systemLibrary(name: "CTorchAPI"),
        .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
        .systemLibrary(name: "CSPNG"),
        .systemLibrary(name: "CJSON"),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .systemLibrary(name: "COpenBLAS"),

        // From the ground up; a room imports only what stands above it in this list.
        room("Support", needs: ["CJSON"]),
        // Typed keys of recipes: what a method, a detector's part or a stage reads of a recipe stands beside it.
        room("Recipes", needs: ["Support", .product(name: "Yams", package: "Yams")]),
        // What a run folder holds, for those who write it and those who read it.
        room("Runs", needs: ["Support"]),
        room("Vision", needs: ["Support", "CJPEG", "CSPNG"]),
        room("COCO", needs: ["Support", "CSimdJSON"]),
        .target(
            name: "Torch", dependencies: ["Support", "CTorchAPI"],
            // So that a libtorch that has gone is named by where it was to be had.
            swiftSettings: libtorch == nil ? [] : [.define("LIBTORCH_GIVEN")]),
        room("NN", needs: ["Torch", "Recipes", "Support"]),
        room("DataLoading", needs: ["NN", "Recipes", "Torch", "Vision", "COCO", "Support"]),
        room("Training", needs: ["Runs", "DataLoading", "Recipes", "NN", "Torch", "Support"]),
        room("Pretraining", needs: ["Training", "Runs", "Recipes", "DataLoading", "NN", "Torch", "Vision", "Support", "COpenBLAS"]),
        room("Detection", needs: ["Training", "Recipes", "DataLoading", "NN", "Torch", "Vision", "COCO", "Support"]),
        room(
            "Reporting",
            needs: [
                "Runs", "COCO", "Vision", "Support",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            // In the program itself, which so can be moved without them.
            resources: [.embedInCode("Page/page.mustache"), .embedInCode("Page/style.css"), .embedInCode("Page/script.js")]),
        room(
            "Benchmarking",
            needs: [
                "Pretraining", "Detection", "Reporting", "Training", "Runs", "DataLoading", "COCO", "Recipes", "Support",
            ]),
        .executableTarget(
            name: "ediy",
            dependencies: [
                "Benchmarking", "Pretraining", "Detection", "Reporting", "Training", "Runs", "DataLoading", "NN", "Torch",
                "Vision", "COCO", "Support", "COpenBLAS",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // What tests of several rooms share.
        .target(name: "TestSupport", dependencies: ["Torch", "Support"], path: "Tests/TestSupport"),
        .testTarget(name: "HouseTests"),
        tests(of: "Support"),
        tests(of: "Recipes", needs: ["Support"]),
        tests(of: "Runs", needs: ["Support"]),
        tests(of: "Vision", needs: ["Support"]),
        tests(of: "COCO", needs: ["Support"]),
        tests(of: "Torch", needs: ["Support"]),
        tests(of: "NN", needs: ["Torch", "Support"]),
        tests(of: "DataLoading", needs: ["COCO", "Vision", "NN", "Torch", "Support"]),
        tests(of: "Training", needs: ["Runs", "DataLoading", "NN", "Torch", "Support"]),
        tests(of: "Pretraining", needs: ["Training", "Runs", "Recipes", "DataLoading", "NN", "Torch", "Vision", "Support"]),
        tests(of: "Detection", needs: ["Training", "DataLoading", "NN", "Torch", "Vision", "COCO", "Support"]),
        tests(of: "Reporting", needs: ["Runs", "COCO", "Vision", "Support"]),
        tests(
            of: "Benchmarking",
            needs: ["Pretraining", "Runs", "DataLoading", "Recipes", "COCO", "NN", "Torch", "Vision", "Support"]),
    ],
    // What each libtorch's headers ask for.
    cxxLanguageStandard: libtorch == nil ? .cxx17 : .cxx20
)
