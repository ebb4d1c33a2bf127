"""The expressions of mappings: a small typed subset of Python's syntax, compiled to column kernels.

`compile_expression` makes a node of a text once, before the first record is read. Everything that can be wrong with the
text is an `ExpressionError` then: nothing of it is ever evaluated as Python, and no record can make it fail otherwise
than by a value that does not read as what the expression takes it for. `FUNCTIONS` is the table of what can be called.
"""

from transforms.mapping.expressions.compiling import compile_expression
from transforms.mapping.expressions.functions import FUNCTIONS, Function, Parameter
from transforms.mapping.expressions.patterns import check_pattern
from transforms.mapping.expressions.syntax import ExpressionError

__all__ = ["FUNCTIONS", "ExpressionError", "Function", "Parameter", "check_pattern", "compile_expression"]
