#include <string.h>

#include "keng_frame.h"

#define DEEPEST 16 /* braces and brackets inside one another, in a value that is passed over */

typedef struct {
    const char *at, *end;
} cursor;

static void skip_blanks(cursor *in) {
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\r'))
        in->at++;
}

static bool take(cursor *in, char wanted) {
    skip_blanks(in);
    if (in->at == in->end || *in->at != wanted)
        return false;
    in->at++;
    return true;
}

/* A text into `to`, empty if it is too long or has escapes: none of ours does. */
static bool read_text(cursor *in, char *to, size_t room) {
    size_t length = 0;
    bool plain = true;
    if (!take(in, '"'))
        return false;
    for (; in->at < in->end && *in->at != '"'; in->at++) {
        if (*in->at == '\\') {
            plain = false;
            if (++in->at == in->end)
                return false;
        }
        if (length + 1 < room)
            to[length] = *in->at;
        length++;
    }
    to[plain && length < room ? length : 0] = 0;
    return take(in, '"');
}

static bool read_number(cursor *in, int64_t *to) {
    int64_t value = 0;
    bool negative = take(in, '-');
    const char *first = in->at;
    for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++) {
        if (in->at - first >= 18)
            return false;
        value = value * 10 + (*in->at - '0');
    }
    *to = negative ? -value : value;
    return in->at > first && in->at < in->end && (*in->at == ',' || *in->at == '}' || *in->at == ' ');
}

/* Over a value of any kind, to the comma or brace behind it. */
static bool skip_value(cursor *in) {
    char ignored[2];
    for (int depth = 0; in->at < in->end;) {
        char now = *in->at;
        if (now == '"') {
            if (!read_text(in, ignored, sizeof ignored))
                return false;
            continue;
        }
        if (depth == 0 && (now == ',' || now == '}'))
            return true;
        if ((now == '{' || now == '[') && ++depth > DEEPEST)
            return false;
        if (now == '}' || now == ']')
            depth--;
        in->at++;
    }
    return false;
}

static bool read_member(cursor *in, keng_heard *heard) {
    const struct {
        const char *key;
        char *to;
    } texts[] = {{"t", heard->type}, {"b", heard->boot}, {"what", heard->what}, {"p", heard->point}};
    const struct {
        const char *key;
        int64_t *to;
        bool *has;
    } numbers[] = {{"s", &heard->number, &heard->has_number},
                   {"id", &heard->id, &heard->has_id},
                   {"val", &heard->value, &heard->has_value},
                   {"ms", &heard->ms, &heard->has_ms},
                   {"utc", &heard->utc, &heard->has_utc}};
    char key[KENG_TEXT];
    if (!read_text(in, key, sizeof key) || !take(in, ':'))
        return false;
    skip_blanks(in);
    cursor value = *in;
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
        if (!strcmp(key, texts[n].key) && !read_text(&value, texts[n].to, KENG_TEXT))
            texts[n].to[0] = 0;
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
        if (!strcmp(key, numbers[n].key))
            *numbers[n].has = read_number(&value, numbers[n].to);
    return skip_value(in);
}

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1; /* one wrong bit makes an `a` of an `A` */
}

static bool check_holds(const char *line, size_t length) {
    uint16_t said = 0;
    if (length < 7 || line[length - 5] != '*')
        return false;
    for (size_t n = length - 4; n < length; n++) {
        int digit = hex_value(line[n]);
        if (digit < 0)
            return false;
        said = (uint16_t)(said << 4 | digit);
    }
    return said == keng_crc(0xFFFF, line, length - 5);
}

keng_check keng_parse(const char *line, size_t length, keng_heard *heard) {
    memset(heard, 0, sizeof *heard);
    if (!check_holds(line, length))
        return KENG_DAMAGED;
    cursor in = {line, line + length - 5};
    if (!take(&in, '{'))
        return KENG_SENSELESS;
    if (take(&in, '}'))
        return KENG_HEARD;
    do {
        if (!read_member(&in, heard))
            return KENG_SENSELESS;
    } while (take(&in, ','));
    return take(&in, '}') ? KENG_HEARD : KENG_SENSELESS;
}
