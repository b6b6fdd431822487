/* Frames of the Keng bridge link, version 1: <JSON object>*<CRC>LF, ASCII, at most 512 bytes with the LF. No heap, no
 * operating system; everything has a limit. */
#ifndef KENG_FRAME_H
#define KENG_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KENG_FRAME 512
#define KENG_TEXT 24 /* longest text that is taken from a frame of the node, with its end */

/* CRC-16/CCITT-FALSE: polynomial 0x1021, begins with 0xFFFF; "123456789" gives 0x29B1. `crc` is 0xFFFF or the CRC so
 * far. */
uint16_t keng_crc(uint16_t crc, const char *data, size_t length);

/* A frame being written. What no longer fits makes it `full`, and then it is never sent. */
typedef struct {
    char text[KENG_FRAME];
    size_t length;
    bool full;
} keng_frame;

void keng_frame_begin(keng_frame *frame, const char *type);
void keng_frame_text(keng_frame *frame, const char *key, const char *value);
void keng_frame_number(keng_frame *frame, const char *key, int64_t value);
void keng_frame_hex(keng_frame *frame, const char *key, uint32_t value, int digits, bool upper);
void keng_frame_bool(keng_frame *frame, const char *key, bool value);
/* A list of texts; ends with NULL. */
void keng_frame_list(keng_frame *frame, const char *key, const char *const *values);
/* Closes the object and puts CRC and LF behind; false if the frame does not fit. */
bool keng_frame_end(keng_frame *frame);

/* What the node may say; a field that is absent or of another type is empty, or `has_…` is false. */
typedef struct {
    char type[KENG_TEXT], boot[KENG_TEXT], what[KENG_TEXT], point[KENG_TEXT];
    int64_t number, id, value, ms, utc;
    bool has_number, has_id, has_value, has_ms, has_utc;
} keng_heard;

typedef enum { KENG_HEARD, KENG_DAMAGED, KENG_SENSELESS } keng_check;

/* Reads one line without its LF. The CRC is checked before anything in the line is believed. */
keng_check keng_parse(const char *line, size_t length, keng_heard *heard);

#ifdef __cplusplus
}
#endif
#endif
