#ifndef CLIMIT_H
#define CLIMIT_H

#include <stddef.h>
#include <stdint.h>

/// What a segment's reads add up to, in counts of their planes' units.
typedef struct {
  int64_t rows;
  /// All intervals; those under the first mask; those under the second.
  uint64_t sums[3];
} climit_sums;

/// Decodes every data frame of a segment, block after block, and checks nothing.
///
/// `content` is overwritten by each frame. With `sums`, each row of 24 values adds its three masked
/// sums there. Returns the bytes decoded, or -1 where the bytes are not frames or `content` is too
/// small.
int64_t climit_decode(const uint8_t *segment, size_t length, uint8_t *content, size_t capacity,
                      climit_sums *sums);

/// Compresses as the journal's writer does. Returns the bytes of the frame, or -1.
int64_t climit_compress(const uint8_t *content, size_t length, uint8_t *frame, size_t capacity);

/// Room for such a frame.
size_t climit_bound(size_t length);

#endif
