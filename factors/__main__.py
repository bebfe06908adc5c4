"""``python -m factors``: the command line."""

from factors.cli import main

if __name__ == "__main__":
    main()
