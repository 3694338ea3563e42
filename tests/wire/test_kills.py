#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Some rounds of kills.py, whose manual says what it holds; `make kills` runs as many as one
likes.
"""

import kills

if __name__ == "__main__":
    kills.main(60)
