import Evaluation

// The figures of arrays: macros of the testing library do not take spans.

func exactAUC(_ scores: [Float], _ labels: [UInt8]) -> Double? {
  Evaluation.exactAUC(scores: scores.span, labels: labels.span)
}

func thresholdAUC(_ probabilities: [Float], _ labels: [UInt8]) -> Double? {
  Evaluation.thresholdAUC(probabilities: probabilities.span, labels: labels.span)
}

func logLoss(_ logits: [Float], _ labels: [UInt8]) -> Double? {
  Evaluation.logLoss(logits: logits.span, labels: labels.span)
}

func calibration(_ logits: [Float], _ labels: [UInt8]) -> Double? {
  Evaluation.calibration(logits: logits.span, labels: labels.span)
}
