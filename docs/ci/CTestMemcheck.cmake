# Before include(CTest): then `ctest -T memcheck` checks every test for leaks.
find_program(MEMORYCHECK_COMMAND poolmon-memcheck HINTS ${CMAKE_CURRENT_LIST_DIR} REQUIRED)
set(MEMORYCHECK_TYPE Valgrind)
# set(MEMORYCHECK_SUPPRESSIONS_FILE ${CMAKE_SOURCE_DIR}/leaks.supp)
