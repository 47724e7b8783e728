#include "ccrc.h"

#include <pthread.h>
#include <string.h>

// The Castagnoli polynomial, bit-reflected.
#define POLYNOMIAL 0x82f63b78u

static uint32_t tables[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Lanes of two lengths: three streams run side by side to hide the instruction's latency of
// three cycles, and are joined by "append this many zeros" operators.
#define LONG_LANE 4096
#define SHORT_LANE 256
static uint32_t long_shift[4][256];
static uint32_t short_shift[4][256];

// The CRC after `zeros` further zero bytes is linear in the CRC: 32 images make the operator.
static void make_shift(uint32_t shift[4][256], size_t zeros) {
  uint32_t image[32];
  for (int bit = 0; bit < 32; bit++) {
    uint32_t crc = 1u << bit;
    for (size_t i = 0; i < zeros; i++) crc = (crc >> 8) ^ tables[0][crc & 0xff];
    image[bit] = crc;
  }
  for (int byte = 0; byte < 4; byte++) {
    for (int value = 0; value < 256; value++) {
      uint32_t crc = 0;
      for (int bit = 0; bit < 8; bit++)
        if (value >> bit & 1) crc ^= image[byte * 8 + bit];
      shift[byte][value] = crc;
    }
  }
}

static void prepare(void) {
  for (uint32_t value = 0; value < 256; value++) {
    uint32_t crc = value;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
    tables[0][value] = crc;
  }
  for (uint32_t value = 0; value < 256; value++)
    for (int table = 1; table < 8; table++) {
      uint32_t crc = tables[table - 1][value];
      tables[table][value] = (crc >> 8) ^ tables[0][crc & 0xff];
    }
  make_shift(long_shift, LONG_LANE);
  make_shift(short_shift, SHORT_LANE);
}

static uint32_t portable(uint32_t crc, const uint8_t *at, size_t length) {
  for (; length >= 8; length -= 8, at += 8) {
    crc ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    crc = tables[7][crc & 0xff] ^ tables[6][crc >> 8 & 0xff] ^ tables[5][crc >> 16 & 0xff] ^
          tables[4][crc >> 24] ^ tables[3][at[4]] ^ tables[2][at[5]] ^ tables[1][at[6]] ^
          tables[0][at[7]];
  }
  for (; length > 0; length--) crc = (crc >> 8) ^ tables[0][(crc ^ *at++) & 0xff];
  return crc;
}

uint32_t ccrc32c_portable(uint32_t crc, const void *bytes, size_t length) {
  pthread_once(&once, prepare);
  return ~portable(~crc, bytes, length);
}

#if defined(__x86_64__)
#include <nmmintrin.h>

static uint32_t apply(uint32_t shift[4][256], uint32_t crc) {
  return shift[0][crc & 0xff] ^ shift[1][crc >> 8 & 0xff] ^ shift[2][crc >> 16 & 0xff] ^
         shift[3][crc >> 24];
}

static uint64_t word(const uint8_t *at) {
  uint64_t value;
  memcpy(&value, at, 8);
  return value;
}

__attribute__((target("sse4.2"))) static uint32_t lanes(uint32_t crc, const uint8_t **bytes,
                                                        size_t *length, size_t lane,
                                                        uint32_t shift[4][256]) {
  const uint8_t *at = *bytes;
  size_t rest = *length;
  for (; rest >= lane * 3; rest -= lane * 3, at += lane * 3) {
    uint64_t first = crc, second = 0, third = 0;
    for (size_t i = 0; i < lane; i += 8) {
      first = _mm_crc32_u64(first, word(at + i));
      second = _mm_crc32_u64(second, word(at + lane + i));
      third = _mm_crc32_u64(third, word(at + lane * 2 + i));
    }
    crc = apply(shift, (uint32_t)first) ^ (uint32_t)second;
    crc = apply(shift, crc) ^ (uint32_t)third;
  }
  *bytes = at;
  *length = rest;
  return crc;
}

__attribute__((target("sse4.2"))) static uint32_t hardware(uint32_t crc, const uint8_t *at,
                                                           size_t length) {
  crc = lanes(crc, &at, &length, LONG_LANE, long_shift);
  crc = lanes(crc, &at, &length, SHORT_LANE, short_shift);
  for (; length >= 8; length -= 8, at += 8) crc = (uint32_t)_mm_crc32_u64(crc, word(at));
  for (; length > 0; length--) crc = _mm_crc32_u8(crc, *at++);
  return crc;
}

uint32_t ccrc32c(uint32_t crc, const void *bytes, size_t length) {
  pthread_once(&once, prepare);
  if (__builtin_cpu_supports("sse4.2")) return ~hardware(~crc, bytes, length);
  return ~portable(~crc, bytes, length);
}
#else
uint32_t ccrc32c(uint32_t crc, const void *bytes, size_t length) {
  return ccrc32c_portable(crc, bytes, length);
}
#endif
