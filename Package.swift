// swift-tools-version: 6.2
import PackageDescription

/// The instruction set Swift and C code is compiled for; `MOE_MLORA_MARCH=native` uses everything
/// this machine has (and gives other bits than the default: results are comparable per build).
let architecture = Context.environment["MOE_MLORA_MARCH"] ?? "x86-64-v3"

let swiftSettings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  .unsafeFlags(["-Xcc", "-march=\(architecture)"]),
]
let cSettings: [CSetting] = [
  .unsafeFlags([
    "-O3", "-march=\(architecture)", "-mprefer-vector-width=512", "-fno-math-errno", "-Wall",
    "-Wextra", "-Werror",
  ])
]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A Swift library target of this package.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The tests of one room.
func tests(
  of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
    exclude: exclude, swiftSettings: swiftSettings)
}

let package = Package(
  name: "MoEMLoRA",
  products: [.executable(name: "moe-mlora", targets: ["moe-mlora"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .target(name: "CKernels", cSettings: cSettings),
    .target(name: "CProcessor", cSettings: cSettings),

    room("MPI", ["COpenMPI"]),
    room("Kernels", ["CKernels", "COneDNN"]),
    room("Features", []),
    room("Files", [crypto]),
    room("Datasets", ["Features", "Files", "Kernels", crypto]),
    room("Layers", ["Features", "Kernels"]),
    room("Models", ["Features", "Kernels", "Layers"]),
    room("Optimizers", ["Kernels"]),
    room("Evaluation", []),
    room("Checkpoints", ["Files", "Kernels"]),
    room(
      "Training",
      [
        "Checkpoints", "Datasets", "Evaluation", "Features", "Kernels", "Layers", "Models", "MPI",
        "Optimizers", crypto,
      ]),
    room(
      "Experiments",
      [
        "Checkpoints", "Datasets", "Evaluation", "Features", "Files", "Kernels", "Models", "MPI",
        "Training", yams,
      ]),

    .executableTarget(
      name: "moe-mlora",
      dependencies: [
        "Checkpoints", "CProcessor", "Datasets", "Experiments", "Files", "Kernels", "MPI",
        "Training", argumentParser,
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "parallel-conformance",
      dependencies: ["Features", "Kernels", "Models", "MPI", "Optimizers", "Training"],
      swiftSettings: swiftSettings),

    .target(
      name: "Reference", dependencies: ["Features", "Kernels", "Models"], path: "Tests/Reference",
      swiftSettings: swiftSettings),
    .target(name: "CAllocations", path: "Tests/CAllocations", cSettings: cSettings),
    tests(of: "Files", ["TestSupport"]),
    tests(of: "Kernels", ["Reference"]),
    tests(of: "Layers", ["CAllocations", "Features", "Kernels", "Reference"]),
    tests(
      of: "Models", ["CAllocations", "Features", "Kernels", "Layers", "Optimizers", "Reference"]),
    tests(of: "Optimizers", ["Kernels", "Reference"]),
    tests(of: "Datasets", ["Features", "Files", "Kernels", "TestSupport"]),
    tests(of: "Evaluation", ["Kernels"]),
    tests(of: "Experiments", ["Evaluation", "Files", "Models", "TestSupport", "Training"]),
    .target(
      name: "TestSupport", dependencies: ["Files", "Kernels"], path: "Tests/TestSupport",
      swiftSettings: swiftSettings),
    tests(of: "MPI", ["TestSupport", "parallel-conformance"]),
    tests(of: "Checkpoints", ["Files", "Kernels", "TestSupport"]),
    tests(
      of: "Training",
      [
        "CAllocations", "Checkpoints", "Datasets", "Evaluation", "Features", "Files", "Kernels",
        "Layers", "Models", "MPI", "Optimizers", "Reference", "TestSupport",
        "parallel-conformance",
      ], exclude: ["GoldenCurves.json"]),
    .testTarget(
      name: "RankInvarianceTests", dependencies: ["Datasets", "TestSupport", "moe-mlora"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "Checkpoints", "Datasets", "Evaluation", "Experiments", "Features", "Files", "Kernels",
        "Models", "TestSupport", "moe-mlora",
      ],
      swiftSettings: swiftSettings),
  ]
)
