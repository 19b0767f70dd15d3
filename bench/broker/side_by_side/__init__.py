# SPDX-License-Identifier: Apache-2.0
"""Starts our broker and Apache Kafka in turns, puts the same load on both, and writes down what came out.

    machine   what it ran on                     matrix    what is run
    systems   the brokers                        measure   running it
    kafka     Apache Kafka                       sink      the receive-only server
    load      broker-load                        settle    a disk at rest before each cell
    limits    what machine and client can do     calls     system calls and wake-ups of our broker
    summary   medians                            bounds    ratios, and whether they are what they should be
    several   runs as one                        report    the page with the plots
    shelf     the folder of kept results
"""
