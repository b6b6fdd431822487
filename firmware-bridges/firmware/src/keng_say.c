#include "keng_parts.h"

#include <string.h>

const char *const KENG_STATES[] = {"normal", "pre", "alarm", "fault"};
static const char *const FLAGS[] = {"tamper", "lowbat", "test", "dirty", "eol", "off", "open", "short"};

void keng_begin_at(keng_board *board, const char *type, uint32_t number, uint64_t at) {
    keng_frame_begin(&board->frame, type);
    keng_frame_hex(&board->frame, "b", board->boot, 8, false);
    keng_frame_number(&board->frame, "s", number);
    keng_frame_number(&board->frame, "up", (int64_t)at);
}

static void begin(keng_board *board, const char *type) { keng_begin_at(board, type, ++board->number, keng_up(board)); }

void keng_send(keng_board *board) {
    if (keng_frame_end(&board->frame))
        board->config.write(board->config.user, board->frame.text, board->frame.length);
}

void keng_put_reading(keng_board *board, size_t point, const keng_reading *reading) {
    const char *flags[9];
    size_t count = 0;
    for (int n = 0; n < 8; n++)
        if (reading->flags & 1 << n)
            flags[count++] = FLAGS[n];
    flags[count] = NULL;
    keng_frame_text(&board->frame, "p", board->config.points[point].name);
    keng_frame_text(&board->frame, "st", KENG_STATES[reading->state]);
    keng_frame_list(&board->frame, "fl", flags);
    if (reading->has_value)
        keng_frame_number(&board->frame, "v", reading->value);
}

void keng_say_states(keng_board *board) {
    for (size_t n = 0; n < board->config.count; n++) {
        begin(board, "state");
        keng_frame_number(&board->frame, "i", (int64_t)n + 1);
        keng_frame_number(&board->frame, "n", (int64_t)board->config.count);
        keng_put_reading(board, n, &board->points[n].is);
        keng_send(board);
    }
}

static void say_point(keng_board *board, size_t n) {
    const keng_point *point = &board->config.points[n];
    begin(board, "pt");
    keng_frame_number(&board->frame, "i", (int64_t)n + 1);
    keng_frame_number(&board->frame, "n", (int64_t)board->config.count);
    keng_frame_text(&board->frame, "p", point->name);
    keng_frame_text(&board->frame, "ty", point->type);
    if (point->unit)
        keng_frame_text(&board->frame, "un", point->unit);
    if (point->polarity)
        keng_frame_text(&board->frame, "pol", point->polarity);
    if (point->eol_ohm)
        keng_frame_number(&board->frame, "eol", point->eol_ohm);
    keng_send(board);
}

void keng_say_hello(keng_board *board) {
    static const char *const CAN[] = {"set", NULL};
    begin(board, "hello");
    keng_frame_number(&board->frame, "pv", 1);
    keng_frame_text(&board->frame, "hw", board->config.hardware);
    keng_frame_text(&board->frame, "md", board->config.model);
    keng_frame_text(&board->frame, "fw", board->config.firmware);
    keng_frame_number(&board->frame, "np", (int64_t)board->config.count);
    keng_frame_list(&board->frame, "cap", CAN);
    keng_frame_text(&board->frame, "rst", board->config.reset);
    keng_send(board);
    for (size_t n = 0; n < board->config.count; n++)
        say_point(board, n);
    keng_say_states(board);
}

static uint16_t state_check(const keng_board *board) {
    uint16_t crc = 0xFFFF;
    for (size_t n = 0; n < board->config.count; n++) {
        const char *name = board->config.points[n].name, *state = KENG_STATES[board->points[n].is.state];
        crc = keng_crc(crc, name, strlen(name));
        crc = keng_crc(crc, "=", 1);
        crc = keng_crc(crc, state, strlen(state));
        crc = keng_crc(crc, ";", 1);
    }
    return crc;
}

void keng_say_heartbeat(keng_board *board) {
    int32_t supply = board->config.supply_mv ? board->config.supply_mv(board->config.user) : -1;
    begin(board, "hb");
    keng_frame_number(&board->frame, "q", (int64_t)board->queued);
    keng_frame_number(&board->frame, "ov", board->lost);
    keng_frame_number(&board->frame, "ce", board->damaged);
    keng_frame_hex(&board->frame, "sc", state_check(board), 4, true);
    if (supply >= 0)
        keng_frame_number(&board->frame, "mv", supply);
    keng_send(board);
}

void keng_say_result(keng_board *board, const keng_heard *heard, const char *error) {
    begin(board, "res");
    keng_frame_number(&board->frame, "id", heard->id);
    keng_frame_bool(&board->frame, "ok", !error);
    if (error)
        keng_frame_text(&board->frame, "err", error);
    keng_send(board);
}

void keng_telemetry(keng_board *board, size_t point, int32_t value) {
    if (point >= board->config.count)
        return;
    begin(board, "tm");
    keng_frame_text(&board->frame, "p", board->config.points[point].name);
    keng_frame_number(&board->frame, "v", value);
    keng_send(board);
}
