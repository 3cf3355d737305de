public import Fields

extension RuleEvaluator {
  /// The containers whose metadata conditions see.
  public var containers: ContainerTable {
    get { fields.containers }
    set { fields.containers = newValue }
  }
}
