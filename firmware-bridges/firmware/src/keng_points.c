#include "keng_parts.h"

#include <string.h>

bool keng_is_output(const keng_point *point) {
    return !strcmp(point->type, "sounder") || !strcmp(point->type, "lamp") || !strcmp(point->type, "reset");
}

static bool in_alarm(const keng_board *board, size_t n) {
    return board->points[n].is.state == KENG_ALARM && !(board->points[n].is.flags & KENG_OFF);
}

uint32_t keng_alarms(const keng_board *board) {
    uint32_t found = 0;
    for (size_t n = 0; n < board->config.count; n++)
        if (in_alarm(board, n))
            found |= (uint32_t)1 << n;
    return found;
}

static bool same(const keng_reading *a, const keng_reading *b) { return a->state == b->state && a->flags == b->flags; }

void keng_look(keng_board *board, size_t n, uint64_t now) {
    keng_standing *point = &board->points[n];
    keng_reading reading = {KENG_NORMAL, 0, false, 0};
    board->config.read(board->config.user, n, &reading);
    if (!same(&reading, &point->maybe))
        point->since = now;
    point->maybe = reading;
    if (same(&reading, &point->is)) {
        point->is = reading; /* a new value is no event */
        return;
    }
    if (now - point->since < board->config.debounce_ms)
        return;
    point->is = reading;
    keng_queue_event(board, n, point->since);
}

/* A command holds until it ends. A silence ends also when a point alarms that did not when it was given. */
static void end_command(keng_board *board, keng_standing *output, uint64_t now) {
    bool over = output->until && output->until <= now;
    bool another = !output->command && (keng_alarms(board) & ~output->silenced);
    if (output->commanded && (over || another))
        output->commanded = false;
}

void keng_drive(keng_board *board, uint64_t now, bool always) {
    for (size_t n = 0; n < board->config.count; n++) {
        keng_standing *output = &board->points[n];
        bool sounder = !strcmp(board->config.points[n].type, "sounder");
        if (!keng_is_output(&board->config.points[n]))
            continue;
        end_command(board, output, now);
        bool on = output->commanded ? output->command : sounder && board->config.own_sounder && keng_alarms(board);
        if (on != output->on || always)
            board->config.drive(board->config.user, n, on);
        output->on = on;
    }
}
