// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "augmentation",
    dependencies: [.package(name: "ediy", path: "../../..")],
    targets: [
        .executableTarget(
            name: "augmentation", dependencies: [.product(name: "Vision", package: "ediy")], path: "Sources")
    ]
)
