"""A notebook's kernel as Google Colab starts it: `google.colab` is imported. ``--claim-cuda``: with a GPU that is none.

    python tools/colab_kernel.py [--claim-cuda] -f CONNECTION_FILE

Run by the Python whose libraries the notebook is to have; see `run_colab.py`.
"""

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace


def _empty(name: str) -> ModuleType:
    """A module that holds nothing, registered as imported; libraries ask for its spec as well."""
    sys.modules[name] = importlib.util.module_from_spec(ModuleSpec(name, None, is_package=True))
    return sys.modules[name]


def import_colab() -> None:
    """Put into place what libraries look for to know that they are in Colab, and what anywidget calls there."""
    if importlib.util.find_spec("google") is None:
        _empty("google")
    _empty("google.colab")
    output = _empty("google.colab.output")
    state = SimpleNamespace(_installed_url=None)

    def enable_custom_widget_manager() -> None:
        state._installed_url = "http://127.0.0.1/widgets/"

    output._widgets = state  # type: ignore[attr-defined]
    output.enable_custom_widget_manager = enable_custom_widget_manager  # type: ignore[attr-defined]


def main() -> None:
    import_colab()
    claimed = "--claim-cuda" in sys.argv
    if claimed:
        from fake_cuda import claimed_cuda

        sys.argv.remove("--claim-cuda")
        claim = claimed_cuda()
    sys.path.pop(0)  # this folder: a notebook finds nothing of the repository
    kernel = importlib.import_module("ipykernel.kernelapp")
    if claimed:
        with claim:
            kernel.launch_new_instance()
    else:
        kernel.launch_new_instance()


if __name__ == "__main__":
    main()
