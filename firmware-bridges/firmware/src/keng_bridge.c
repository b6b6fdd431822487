#include "keng_parts.h"

#include <string.h>

/* Milliseconds since the start; the counter below may wrap every 49 days. */
uint64_t keng_up(keng_board *board) {
    uint32_t now = board->config.millis(board->config.user);
    if (now < board->last_millis)
        board->wraps++;
    board->last_millis = now;
    return ((uint64_t)board->wraps << 32 | now) - board->started;
}

static void take_set(keng_board *board, const keng_heard *heard) {
    uint64_t now = keng_up(board);
    for (size_t n = 0; n < board->config.count; n++) {
        const keng_point *point = &board->config.points[n];
        keng_standing *output = &board->points[n];
        if (strcmp(point->name, heard->point) || !keng_is_output(point))
            continue;
        if (!heard->has_value || (heard->has_ms && heard->ms <= 0)) {
            keng_say_result(board, heard, "no such value");
            return;
        }
        int64_t ms = heard->has_ms ? heard->ms : 0;
        if (!heard->value && (!ms || ms > KENG_LONGEST_SILENCE_MS))
            ms = KENG_LONGEST_SILENCE_MS; /* no silence without an end */
        output->commanded = true;
        output->command = heard->value != 0;
        output->until = ms ? now + (uint64_t)ms : 0;
        output->silenced = keng_alarms(board);
        keng_drive(board, now, false);
        keng_say_result(board, heard, NULL);
        return;
    }
    keng_say_result(board, heard, "no such output");
}

static void take_ack(keng_board *board, const keng_heard *heard) {
    char boot[9];
    for (int n = 0; n < 8; n++)
        boot[n] = "0123456789abcdef"[board->boot >> (28 - 4 * n) & 15];
    boot[8] = 0;
    if (strcmp(heard->boot, boot) || !heard->has_number)
        return;
    keng_acknowledge(board, heard->number);
}

static void take_line(keng_board *board) {
    keng_heard heard;
    size_t length = board->held;
    if (length && board->line[length - 1] == '\r')
        length--;
    if (!length)
        return;
    keng_check check = board->overlong ? KENG_DAMAGED : keng_parse(board->line, length, &heard);
    if (check != KENG_HEARD) {
        board->damaged += check == KENG_DAMAGED;
        return;
    }
    if (!strcmp(heard.type, "ack"))
        take_ack(board, &heard);
    else if (!strcmp(heard.type, "get") && !strcmp(heard.what, "hello"))
        keng_say_hello(board);
    else if (!strcmp(heard.type, "get"))
        keng_say_states(board);
    else if (!strcmp(heard.type, "set") && heard.has_id)
        take_set(board, &heard);
    else if (!strcmp(heard.type, "time") && heard.has_id) {
        if (board->config.utc && heard.has_utc)
            board->config.utc(board->config.user, heard.utc);
        keng_say_result(board, &heard, NULL);
    }
}

void keng_receive(keng_board *board, const char *data, size_t length) {
    for (size_t n = 0; n < length; n++) {
        if (data[n] == '\n') {
            take_line(board);
            board->held = 0;
            board->overlong = false;
        } else if (board->held < sizeof board->line - 1) {
            board->line[board->held++] = data[n];
        } else {
            board->overlong = true;
        }
    }
}

void keng_begin(keng_board *board, const keng_config *config) {
    memset(board, 0, sizeof *board);
    board->config = *config;
    if (board->config.count > KENG_POINTS)
        board->config.count = KENG_POINTS;
    board->boot = config->random(config->user);
    board->last_millis = config->millis(config->user);
    board->started = board->last_millis;
    uint64_t now = keng_up(board);
    board->next_heartbeat = now + KENG_HEARTBEAT_MS;
    for (size_t n = 0; n < board->config.count; n++) {
        keng_standing *point = &board->points[n];
        if (!keng_is_output(&config->points[n]))
            config->read(config->user, n, &point->is);
        point->maybe = point->is;
        point->since = now;
    }
    keng_drive(board, now, true);
    keng_say_hello(board);
}

void keng_poll(keng_board *board) {
    uint64_t now = keng_up(board);
    for (size_t n = 0; n < board->config.count; n++)
        if (!keng_is_output(&board->config.points[n]))
            keng_look(board, n, now);
    keng_drive(board, now, false);
    keng_say_events(board, now);
    if (now >= board->next_heartbeat) {
        board->next_heartbeat = now + KENG_HEARTBEAT_MS;
        keng_say_heartbeat(board);
    }
}
