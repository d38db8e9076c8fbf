import Checkpoints
import Kernels
import TestSupport
import Testing

/// Files as Python sees them; each test runs where Python has the modules it needs.
@Suite struct PythonTests {
  /// Writes a sample; a line per tensor says its name, its shape and the sum of its 32-bit words.
  static func expectSameTensors(_ program: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    let sample = Sample([(3, 5), (1, 7), (0, 2), (16, 2)])
    let parameters = sample.buffer
    try TensorFile.write(sample.layout.entries, of: parameters, metadata: ["a": "\"é\n"], to: path)
    let lines = sample.layout.entries.map { entry in
      let span = parameters.span(entry.slot)
      let sum = (0..<span.count).reduce(0) { $0 + Int(span[$1].bitPattern) }
      return "\(entry.name) \(entry.shape) \(sum)\n"
    }
    #expect(Python.output(of: program, [path]) == lines.joined())
  }

  @Test(.enabled(if: Python.has("safetensors.numpy")))
  func `the safetensors package reads the tensors`() throws {
    try PythonTests.expectSameTensors(
      """
      import sys, numpy, safetensors.numpy
      tensors = safetensors.numpy.load_file(sys.argv[1])
      for name in sorted(tensors):
          tensor = tensors[name]
          words = numpy.frombuffer(tensor.tobytes(), "<u4")
          print(name, list(tensor.shape), int(words.sum(dtype=numpy.uint64)))
      """)
  }

  @Test(.enabled(if: Python.has("json")))
  func `the format's description reads the tensors`() throws {
    try PythonTests.expectSameTensors(
      """
      import json, struct, sys
      data = open(sys.argv[1], "rb").read()
      (length,) = struct.unpack_from("<Q", data)
      assert length % 8 == 0
      header = json.loads(data[8:8 + length])
      assert header.pop("__metadata__")["a"] == '"\\u00e9\\n'
      for name, tensor in sorted(header.items()):
          start, end = tensor["data_offsets"]
          assert tensor["dtype"] == "F32"
          words = struct.unpack_from("<%dI" % ((end - start) // 4), data, 8 + length + start)
          print(name, tensor["shape"], sum(words))
      """)
  }

  @Test(.enabled(if: Python.has("hashlib")))
  func `the digest is that of its description`() throws {
    let sample = Sample([(3, 5), (1, 7)])
    let directory = try TemporaryDirectory()
    let path = directory.file("sample.safetensors")
    try TensorFile.write(sample.layout.entries, of: sample.buffer, to: path)
    let digest = Python.output(
      of: """
        import hashlib, json, struct, sys
        data = open(sys.argv[1], "rb").read()
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8:8 + length])
        del header["__metadata__"]
        digest = hashlib.sha256()
        for name, tensor in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            shape, (start, end) = tensor["shape"], tensor["data_offsets"]
            digest.update(struct.pack("<Q", len(name.encode())) + name.encode())
            digest.update(struct.pack("<%dQ" % (1 + len(shape)), len(shape), *shape))
            digest.update(data[8 + length + start:8 + length + end])
        print(digest.hexdigest())
        """, [path])
    #expect(digest == parametersSHA256(sample.layout.entries, of: sample.buffer) + "\n")
  }
}
