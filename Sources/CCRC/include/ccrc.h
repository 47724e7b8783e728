#ifndef CCRC_H
#define CCRC_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, reflected, as RFC 3720) of `length` bytes; `crc` is 0 or the value so far.
uint32_t ccrc32c(uint32_t crc, const void *bytes, size_t length);

/// The same by the portable tables, for the test that compares both.
uint32_t ccrc32c_portable(uint32_t crc, const void *bytes, size_t length);

#endif
