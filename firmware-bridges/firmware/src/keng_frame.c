#include "keng_frame.h"

#include <string.h>

uint16_t keng_crc(uint16_t crc, const char *data, size_t length) {
    for (size_t n = 0; n < length; n++) {
        crc = (uint16_t)(crc ^ (uint16_t)((unsigned char)data[n] << 8));
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

static void put(keng_frame *frame, const char *text) {
    size_t length = strlen(text);
    if (frame->length + length > sizeof frame->text) {
        frame->full = true;
        return;
    }
    memcpy(frame->text + frame->length, text, length);
    frame->length += length;
}

/* A text of ours needs no escapes: what would need one becomes a question mark. */
static void put_quoted(keng_frame *frame, const char *text) {
    put(frame, "\"");
    for (; *text; text++) {
        char one[2] = {*text, 0};
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            one[0] = '?';
        put(frame, one);
    }
    put(frame, "\"");
}

static void put_key(keng_frame *frame, const char *key) {
    put(frame, ",");
    put_quoted(frame, key);
    put(frame, ":");
}

/* By hand, because the printf of many microcontrollers knows no 64 bits. */
static void put_number(keng_frame *frame, int64_t value) {
    char digits[21];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? (uint64_t)(-(value + 1)) + 1 : (uint64_t)value;
    digits[--at] = 0;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        put(frame, "-");
    put(frame, digits + at);
}

static void hex_digits(char *to, uint32_t value, int digits, bool upper) {
    for (int n = digits - 1; n >= 0; n--, value >>= 4)
        to[n] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value & 15];
    to[digits] = 0;
}

void keng_frame_begin(keng_frame *frame, const char *type) {
    frame->length = 0;
    frame->full = false;
    put(frame, "{\"t\":");
    put_quoted(frame, type);
}

void keng_frame_text(keng_frame *frame, const char *key, const char *value) {
    put_key(frame, key);
    put_quoted(frame, value);
}

void keng_frame_number(keng_frame *frame, const char *key, int64_t value) {
    put_key(frame, key);
    put_number(frame, value);
}

void keng_frame_hex(keng_frame *frame, const char *key, uint32_t value, int digits, bool upper) {
    char text[9];
    hex_digits(text, value, digits, upper);
    keng_frame_text(frame, key, text);
}

void keng_frame_bool(keng_frame *frame, const char *key, bool value) {
    put_key(frame, key);
    put(frame, value ? "true" : "false");
}

void keng_frame_list(keng_frame *frame, const char *key, const char *const *values) {
    put_key(frame, key);
    put(frame, "[");
    for (size_t n = 0; values[n]; n++) {
        if (n)
            put(frame, ",");
        put_quoted(frame, values[n]);
    }
    put(frame, "]");
}

bool keng_frame_end(keng_frame *frame) {
    char check[5];
    put(frame, "}");
    hex_digits(check, keng_crc(0xFFFF, frame->text, frame->length), 4, true);
    put(frame, "*");
    put(frame, check);
    put(frame, "\n");
    return !frame->full;
}
