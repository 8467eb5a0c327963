// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "pretraining",
    dependencies: [.package(name: "ediy", path: "../../..")],
    targets: [
        .executableTarget(
            name: "pretraining",
            dependencies: [
                .product(name: "Pretraining", package: "ediy"),
                // Looked for beside the executable.
                .product(name: "CTorch", package: "ediy"),
            ], path: "Sources")
    ]
)
