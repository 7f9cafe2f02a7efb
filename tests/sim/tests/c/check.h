/* A failed check says where, and ends the function with 1. */
#ifndef CHECK_H_
#define CHECK_H_

#include <stdio.h>

#define CHECK(condition)                                      \
  do {                                                        \
    if (!(condition)) {                                       \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      return 1;                                               \
    }                                                         \
  } while (0)

#endif /* CHECK_H_ */
