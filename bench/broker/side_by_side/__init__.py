# SPDX-License-Identifier: Apache-2.0
"""Starts our broker and Apache Kafka in turns, puts the same load on both, and writes down what came out.

    machine   what it ran on            matrix    what is run
    systems   the two brokers           measure   running it
    load      broker-load               summary   medians and ratios
    report    the page with the plots
"""
