import Features
import Kernels
import Models
import Reference

extension Model {
  /// The logits of a batch.
  func logits(
    _ batch: Batch, _ parameters: borrowing Buffer, _ mode: ModelMode, dropout: DropoutMask? = nil
  ) -> [Float] {
    useOneThread()
    var workspace = ModelWorkspace(self)
    prepare(parameters, mode: mode, workspace)
    forward(batch, parameters: parameters, mode: mode, dropout: dropout, &workspace)
    return floats(of: logits(workspace))
  }
}

extension DropoutMask {
  /// A mask of the tests' own stream.
  init(rate: Float) {
    self.init(rate: rate, stream: RandomStream(seed: 17, purpose: .dropout))
  }
}
