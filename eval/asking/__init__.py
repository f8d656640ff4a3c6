"""How a real language model's answers hold: `python -m eval.asking`, or `make llm`."""
