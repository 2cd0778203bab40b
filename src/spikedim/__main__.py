"""Run the command line as ``python -m spikedim``."""

from spikedim.cli import main

if __name__ == "__main__":
    main()
