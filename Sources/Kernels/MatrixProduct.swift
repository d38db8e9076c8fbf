internal import COneDNN
internal import Glibc

/// Computes `y = a · b + beta · y`, by oneDNN's `dnnl_sgemm`.
///
/// `a` is `[M, L]`, `b` is `[L, N]`, `y` is `[M, N]`; `y` overlaps neither operand. An empty inner
/// dimension gives `beta · y`.
///
/// - Complexity: O(M·L·N), near the peak of a core.
public func multiply(_ a: Matrix, _ b: Matrix, beta: Float = 0, into y: inout MutableMatrix) {
  product(a, .asStored, b, .asStored, beta, &y)
}

/// Computes `y = aᵀ · b + beta · y`, with `a` `[L, M]`, `b` `[L, N]`, `y` `[M, N]`.
public func multiply(
  transposed a: Matrix, _ b: Matrix, beta: Float = 0, into y: inout MutableMatrix
) {
  product(a, .transposed, b, .asStored, beta, &y)
}

/// Computes `y = a · bᵀ + beta · y`, with `a` `[M, L]`, `b` `[N, L]`, `y` `[M, N]`.
public func multiply(
  _ a: Matrix, transposed b: Matrix, beta: Float = 0, into y: inout MutableMatrix
) {
  product(a, .asStored, b, .transposed, beta, &y)
}

/// An operand as it lies in memory, or its transpose.
private enum Orientation: CChar {
  /// `'N'`.
  case asStored = 0x4E
  /// `'T'`.
  case transposed = 0x54
}

private func product(
  _ a: Matrix, _ orientationA: Orientation, _ b: Matrix, _ orientationB: Orientation,
  _ beta: Float, _ y: inout MutableMatrix
) {
  let (m, l) = orientationA == .asStored ? (a.rows, a.columns) : (a.columns, a.rows)
  let (lb, n) = orientationB == .asStored ? (b.rows, b.columns) : (b.columns, b.rows)
  precondition(
    m == y.rows && l == lb && n == y.columns,
    "[\(m), \(l)] times [\(lb), \(n)] into [\(y.rows), \(y.columns)]")
  guard m > 0, n > 0 else { return }
  guard l > 0 else {
    scale(beta, &y)
    return
  }
  precondition(
    !y.extent.overlaps(a.extent) && !y.extent.overlaps(b.extent),
    "the product overlaps an operand")
  // Sound: the shapes above are those of the views, whose bounds were checked when they were made.
  let status = unsafe dnnl_sgemm(
    orientationA.rawValue, orientationB.rawValue, dnnl_dim_t(m), dnnl_dim_t(n), dnnl_dim_t(l), 1,
    a.start, dnnl_dim_t(a.stride), b.start, dnnl_dim_t(b.stride), beta, y.start,
    dnnl_dim_t(y.stride))
  precondition(status == dnnl_success, "dnnl_sgemm returned status \(status.rawValue)")
}

/// Scales every element; a factor of zero clears, whatever was there.
private func scale(_ factor: Float, _ y: inout MutableMatrix) {
  for row in 0..<y.rows {
    var span = y[row: row]
    for column in 0..<span.count { span[column] = factor == 0 ? 0 : factor * span[column] }
  }
}

/// Makes oneDNN compute on the calling thread only, because one rank is one thread, and leave out its
/// notes to profilers, which cost a percent of a step.
///
/// To be called before the first product, by every thread that computes products.
public func useOneThread() {
  omp_set_num_threads(1)
  _ = isSilent
}

/// Set once, by the first thread that is about to compute products.
private let isSilent: Bool = {
  // Sound: the system copies both texts.
  unsafe setenv("DNNL_ITT_TASK_LEVEL", "0", 0) == 0
}()

/// The number of OpenMP threads that a matrix product uses.
public var matrixThreadCount: Int { Int(omp_get_max_threads()) }

/// The instruction set for which oneDNN generates the code of its products: the most that it knows and
/// the processor has, or what the environment variable `ONEDNN_MAX_CPU_ISA` leaves of it.
///
/// Products of other instruction sets round differently. The corresponding oneDNN routine is
/// `dnnl_get_effective_cpu_isa`.
public var matrixInstructionSet: String {
  let set = dnnl_get_effective_cpu_isa()
  let width = dnnl_get_cpu_isa_hints() == dnnl_cpu_isa_prefer_ymm ? ", 256 bits wide" : ""
  let name =
    switch set {
    case dnnl_cpu_isa_sse41: "SSE4.1"
    case dnnl_cpu_isa_avx: "AVX"
    case dnnl_cpu_isa_avx2: "AVX2"
    case dnnl_cpu_isa_avx2_vnni: "AVX2 with VNNI"
    case dnnl_cpu_isa_avx512_core: "AVX-512"
    case dnnl_cpu_isa_avx512_core_vnni: "AVX-512 with VNNI"
    case dnnl_cpu_isa_avx512_core_bf16: "AVX-512 with VNNI and bfloat16"
    case dnnl_cpu_isa_avx512_core_amx: "AVX-512 with VNNI, bfloat16 and AMX"
    default: "number \(set.rawValue)"
    }
  return name + width
}

/// The version of the oneDNN library in use, for example `2.6.3`.
public var matrixLibraryVersion: String {
  guard let version = unsafe dnnl_version() else { return "unknown" }
  return unsafe "\(version.pointee.major).\(version.pointee.minor).\(version.pointee.patch)"
}
