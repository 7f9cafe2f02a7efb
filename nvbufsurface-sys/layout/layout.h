/*
 * What the layout files say of a header. Each line fails to compile with a message that starts with
 * "layout: " where the header differs; a name that it has not is the compiler's own error.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef LAYOUT_H_
#define LAYOUT_H_

#include <stddef.h>

/* A type has so many bytes. */
#define SIZE(type, bytes) \
  _Static_assert(sizeof(type) == bytes, "layout: " #type " has not " #bytes " bytes");

/* A member is so many bytes from the start and has so many itself. */
#define FIELD(type, member, from, bytes)                                    \
  _Static_assert(offsetof(type, member) == from,                            \
                 "layout: " #type "." #member " is not at " #from);         \
  _Static_assert(sizeof(((type *)0)->member) == bytes,                      \
                 "layout: " #type "." #member " has not " #bytes " bytes");

/* An enumerator or macro has this value. */
#define VALUE(name, value) _Static_assert((name) == (value), "layout: " #name " is not " #value);

#endif /* LAYOUT_H_ */
