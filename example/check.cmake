# SPDX-License-Identifier: Apache-2.0

# Arguments: program; source, whose lines "// prints: TEXT" are what the program must print.
file(STRINGS "${source}" lines REGEX "^// prints: ")
list(TRANSFORM lines REPLACE "^// prints: " "")
list(JOIN lines "\n" wanted)
execute_process(COMMAND "${program}" OUTPUT_VARIABLE printed RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${program} ended with ${status} after\n${printed}")
endif()
if(NOT printed STREQUAL wanted)
    message(FATAL_ERROR "${program} printed\n${printed}\nand should have printed\n${wanted}")
endif()
