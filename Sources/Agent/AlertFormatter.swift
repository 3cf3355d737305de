public import EventSchema
public import Outputs
public import RuleCompiler
public import SystemState

