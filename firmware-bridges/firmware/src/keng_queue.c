#include "keng_parts.h"

#include <string.h>

#define LAST_REPEAT_MS 10000

static const uint16_t REPEAT_MS[] = {300, 600, 1200, 2400, 4800};

static void drop(keng_board *board, size_t n) {
    board->queued--;
    memmove(&board->queue[n], &board->queue[n + 1], (board->queued - n) * sizeof *board->queue);
}

/* Of what was never sent the oldest that is no alarm goes, else the oldest; how everything stands is told anyway. */
static void make_room(keng_board *board) {
    size_t oldest = KENG_QUEUE;
    for (size_t n = 0; n < board->queued; n++) {
        if (board->queue[n].number)
            continue;
        if (board->queue[n].reading.state != KENG_ALARM) {
            oldest = n;
            break;
        }
        if (oldest == KENG_QUEUE)
            oldest = n;
    }
    drop(board, oldest);
    board->lost++;
}

void keng_queue_event(keng_board *board, size_t point, uint64_t now) {
    if (board->queued == KENG_QUEUE)
        make_room(board);
    keng_event *event = &board->queue[board->queued++];
    memset(event, 0, sizeof *event);
    event->point = (uint8_t)point;
    event->up = now;
    event->reading = board->points[point].is;
}

static void say_event(keng_board *board, keng_event *event, uint64_t now) {
    size_t repeats = sizeof REPEAT_MS / sizeof *REPEAT_MS;
    if (!event->number)
        event->number = ++board->number;
    keng_begin_at(board, "ev", event->number, event->up);
    keng_put_reading(board, event->point, &event->reading);
    keng_send(board);
    event->due = now + (event->tries < repeats ? REPEAT_MS[event->tries] : LAST_REPEAT_MS);
    if (event->tries < repeats)
        event->tries++;
}

/* The next one to send for the first time: alarms before all others, then by age. */
static keng_event *next_event(keng_board *board) {
    keng_event *next = NULL;
    for (size_t n = 0; n < board->queued; n++) {
        keng_event *event = &board->queue[n];
        if (event->number)
            continue;
        if (event->reading.state == KENG_ALARM)
            return event;
        if (!next)
            next = event;
    }
    return next;
}

void keng_say_events(keng_board *board, uint64_t now) {
    size_t outstanding = 0;
    for (size_t n = 0; n < board->queued; n++) {
        if (!board->queue[n].number)
            continue;
        outstanding++;
        if (board->queue[n].due <= now)
            say_event(board, &board->queue[n], now);
    }
    for (keng_event *next; outstanding < KENG_OUTSTANDING && (next = next_event(board)); outstanding++)
        say_event(board, next, now);
}

void keng_acknowledge(keng_board *board, int64_t number) {
    for (size_t n = 0; n < board->queued; n++)
        if (board->queue[n].number && board->queue[n].number == (uint64_t)number) {
            drop(board, n);
            return;
        }
}
