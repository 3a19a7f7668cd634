"""Weights of an ONNX file in half the bytes, where that changes none of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SMALLEST = 1024  # numbers: a smaller tensor is not worth the node that turns it back


def store_half(path: Path) -> None:
    """Store as float16 what float16 holds exactly, with a cast back to float32 in the graph.

    Shipped weights are stored so and lose nothing. Others, of a model just trained, stay as they are.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < SMALLEST:
            continue
        values = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):  # which makes it infinite, and so another number
            half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))
