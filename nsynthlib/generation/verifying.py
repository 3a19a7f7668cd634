"""What was written as ONNX, read again: a whole file whose network gives what the model gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from nsynthlib.errors import DataError

# Of the largest number that the network gives: runtimes sum in other orders, in float32.
CLOSE = 1e-3


def verify(path: Path, network: nn.Module, inputs: Mapping[str, Tensor]) -> None:
    """Check an ONNX file by ONNX's own checker and, where onnxruntime is installed, by running it.

    Args:
        path: of the file.
        network: what was written.
        inputs: by name, in the order in which ``network`` takes them.

    Raises:
        DataError: if the file is no valid model, or gives other numbers than ``network``.
    """
    import onnx

    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as error:  # of the checker's, of protobuf's, and of shape inference
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{path.name}: what was written is no valid ONNX model ({reason})") from None
    try:
        import onnxruntime
    except ImportError:
        return
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (made,) = session.run(None, {name: value.numpy() for name, value in inputs.items()})
    with torch.inference_mode():
        wanted = network(*inputs.values()).numpy()
    apart = float(np.abs(made - wanted).max())
    if not apart <= CLOSE * max(1.0, float(np.abs(wanted).max())):
        raise DataError(f"{path.name}: what was written gives other numbers than the model, by up to {apart:.3g}")
