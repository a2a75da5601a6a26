"""A canonical form of a traced function: equal for equal computations, in every process.

Every operation is named by a hash of its kind, its attributes and the names of its inputs. A
function is named by what it returns. So the form contains nothing from Python: no counter in a
name, no order in which operations were made, no source text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from hw4.networks import privates

if TYPE_CHECKING:
    from tensorflow.core.framework.attr_value_pb2 import AttrValue, NameAttrList
    from tensorflow.core.framework.function_pb2 import FunctionDef
    from tensorflow.core.framework.node_def_pb2 import NodeDef

# Attributes that name objects of this process, or say where and how to compute, not what. So do all
# that begin with "_", except `_COMPILED`. A custom gradient's graph has what it computes.
_NAMES = (
    "shared_name",
    "container",
    "config_proto",
    "executor_type",
    "forward_function_name",
    "backward_function_name",
    "api_implements",
    "api_preferred_device",
)
_COMPILED = "_XlaMustCompile"

_PYTHON = ("PyFunc", "PyFuncStateless", "EagerPyFunc")
_FILES = ("ReadFile", "MatchingFiles")
# TensorFlow calls these stateful because of what they may contain, or because they print or raise.
_HARMLESS = ("StatefulPartitionedCall", "While", "If", "Case", "Assert", "Print", "PrintV2")

_RESOURCES = (tf.resource, tf.variant)

CALLS_PYTHON = (
    "it calls Python functions within its graph (tf.numpy_function or tf.py_function), which "
    "cannot be seen: expected operations of TensorFlow's or keras.ops"
)
HAS_STATE = (
    "it draws random numbers or keeps a state that is not its own ({}): expected a "
    "keras.random.SeedGenerator, or `self.add_weight(…)`, in the layer"
)
READS_OUTSIDE = (
    "it reads a tf.Variable, a lookup table or Keras's global seed, which can change outside: "
    "expected `self.add_weight(…)`, or a keras.random.SeedGenerator in the layer"
)
READS_FILES = "it reads files within its graph: expected a constant"


@dataclass(frozen=True)
class Canonical:
    """A traced function's hash.

    Attributes:
        digest: the hash.
        unseen: why it is incomplete, as the end of a sentence, or None.
        kinds: of the function's operations, also of those within functions that it calls.
        held: variables and tables from outside, each with the operations that read it.
    """

    digest: str
    unseen: str | None
    kinds: frozenset[str]
    held: tuple[tuple[tf.Tensor, tuple[tf.Operation, ...]], ...]


def canonical(traced: tf.types.experimental.ConcreteFunction) -> Canonical:
    """Return the canonical form of a `tf.function`'s concrete function."""
    graph = traced.graph.as_graph_def()
    reader = _Reader(graph.library.function)
    own = len(traced.inputs) - len(traced.captured_inputs)  # what it captures comes last
    places = [_hash("input", index) for index in range(own)]
    captured = [reader.constant(value) for value in traced.captured_inputs]
    operations = [tensor.op.name for tensor in traced.inputs]
    given = dict(zip(operations, places + captured, strict=True))
    names = reader.names(graph.node, given)
    outputs = [reader.of(tensor.name, names) for tensor in traced.graph.outputs]
    effects = sorted(names[operation.name] for operation in traced.graph.control_outputs)
    shape = [
        "nothing" if leaf is None else f"{leaf.dtype} {leaf.shape}"
        for leaf in tf.nest.flatten(traced.structured_outputs, expand_composites=True)
    ]
    inputs = [f"{tensor.dtype} {tensor.shape}" for tensor in traced.inputs]
    digest = _hash(inputs, outputs, effects, shape)
    held = tuple(
        (value, tuple(inside.consumers()))
        for value, inside in traced.graph.captures
        if value.dtype in _RESOURCES
    )
    return Canonical(digest, reader.unseen, frozenset(reader.kinds), held)


class _Reader:
    """Names operations and functions; records the first thing that it cannot see."""

    def __init__(self, library: Iterable[FunctionDef]) -> None:
        self.unseen: str | None = None
        self.kinds: set[str] = set()
        self._library = {function.signature.name: function for function in library}
        self._named: dict[str, str] = {}

    def constant(self, value: tf.Tensor) -> str:
        """Return the name of a tensor from outside of the graph: its type and its bytes."""
        if value.dtype in _RESOURCES:
            self._note(READS_OUTSIDE)
            return _hash("resource")
        array = value.numpy()
        return _hash("constant", value.dtype.name, np.shape(array), _bytes(array))

    def names(self, nodes: Iterable[NodeDef], given: dict[str, str]) -> dict[str, str]:
        """Return every operation's name by the name that it has in the graph.

        Args:
            nodes: the operations, in any order.
            given: the names of inputs.
        """
        names = dict(given)
        left = {node.name: node for node in nodes if node.name not in given}
        stack = list(left)[::-1]
        while stack:
            node = left.get(stack[-1])
            if node is None or node.name in names:
                stack.pop()
                continue
            before = [_source(text) for text in node.input]
            missing = [name for name in before if name not in names]
            if missing:
                stack += missing
                continue
            names[node.name] = self._operation(node, names)
            stack.pop()
        return names

    def of(self, text: str, names: dict[str, str]) -> str:
        """Return the name of an output: "operation", "operation:0", or "^operation" for its end."""
        output = text.removeprefix("^").partition(":")[2]
        return f"{names[_source(text)]}:{output or 0}"

    def _operation(self, node: NodeDef, names: dict[str, str]) -> str:
        self._look_at(node.op)
        data = [self.of(text, names) for text in node.input if not text.startswith("^")]
        control = {self.of(text, names) for text in node.input if text.startswith("^")}
        return _hash(node.op, data, sorted(control), self._attributes(node.attr))

    def _look_at(self, kind: str) -> None:
        if kind not in self._library:
            self.kinds.add(kind)
        if kind in _PYTHON:
            self._note(CALLS_PYTHON)
        elif kind in _FILES:
            self._note(READS_FILES)
        elif kind not in _HARMLESS and kind not in self._library:
            definition = privates.definition_of(kind)
            if definition is None or definition.is_stateful:
                self._note(HAS_STATE.format(kind))

    def _note(self, reason: str) -> None:
        self.unseen = self.unseen or reason

    def _attributes(self, attributes: Mapping[str, AttrValue]) -> list[tuple[str, str]]:
        return [
            (name, self._attribute(attributes[name]))
            for name in sorted(attributes)
            if name == _COMPILED or not (name.startswith("_") or name in _NAMES)
        ]

    def _attribute(self, value: AttrValue) -> str:
        if value.HasField("func"):
            return self._function(value.func)
        if value.HasField("list") and value.list.func:
            return _hash([self._function(each) for each in value.list.func])
        return _hash(value.SerializeToString(deterministic=True))

    def _function(self, reference: NameAttrList) -> str:
        """Return the name of a function that an operation calls, with its attributes."""
        name = reference.name
        if name not in self._named:
            self._named[name] = self._content(self._library[name])
        return _hash(self._named[name], self._attributes(reference.attr))

    def _content(self, function: FunctionDef) -> str:
        arguments = [argument.name for argument in function.signature.input_arg]
        given = {name: _hash("input", index) for index, name in enumerate(arguments)}
        names = self.names(function.node_def, given)
        outputs = [
            self.of(function.ret[output.name], names) for output in function.signature.output_arg
        ]
        effects = sorted(names[name] for name in function.control_ret.values())
        types = [argument.type for argument in function.signature.input_arg]
        return _hash(types, outputs, effects, self._attributes(function.attr))


def _source(text: str) -> str:
    """Return the operation that "operation:output" or "^operation" names."""
    return text.removeprefix("^").partition(":")[0]


def _bytes(array: ArrayLike) -> bytes:
    array = np.asarray(array)
    return repr(array.tolist()).encode() if array.dtype == object else array.tobytes()


def _hash(*parts: object) -> str:
    """Return a SHA-256 over lists of texts, numbers and bytes."""
    return hashlib.sha256(json.dumps(parts, default=bytes.hex).encode()).hexdigest()
