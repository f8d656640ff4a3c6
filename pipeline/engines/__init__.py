"""Wrappers of the AI libraries: paths and arrays in, plain values out."""

import os

# ONNX Runtime would report its use to its maker. This is run before any engine can import it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
