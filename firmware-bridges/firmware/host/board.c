/* The board on an ordinary computer, to be tried without hardware and run by the tests.
 *
 *   board PORT NAME:TYPE …      lives in real time at a serial port
 *   board - NAME:TYPE …         time and bytes come from stdin, frames go to stdout; each answer ends with a line `.`
 *
 * Lines on stdin:  set NAME STATE [FLAGS] | value NAME NUMBER | tell NAME NUMBER | reboot | hear BYTES | wait MS
 * `hear` and `wait` only with `-`. A change of an output is written as `# NAME 0|1`. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "keng_bridge.h"

#define STEP_MS 10

static keng_point points[KENG_POINTS];
static keng_reading readings[KENG_POINTS];
static keng_config config;
static keng_board board;
static uint32_t clock_ms = 4294900000u; /* so that the counter wraps a minute after the start */
static int port = -1;

static uint32_t now_ms(void *user) {
    struct timespec now;
    (void)user;
    if (port < 0)
        return clock_ms;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec * 1000u + (uint32_t)(now.tv_nsec / 1000000);
}

static uint32_t dice(void *user) {
    static uint32_t state;
    (void)user;
    if (!state)
        state = port < 0 ? 1 : now_ms(NULL) ^ (uint32_t)getpid() << 16;
    state = state * 1664525u + 1013904223u;
    return state;
}

static void put(void *user, const char *data, size_t length) {
    (void)user;
    while (length) {
        ssize_t written = port < 0 ? (ssize_t)fwrite(data, 1, length, stdout) : write(port, data, length);
        if (written <= 0)
            return;
        data += written;
        length -= (size_t)written;
    }
}

static void look(void *user, size_t point, keng_reading *reading) {
    (void)user;
    *reading = readings[point];
}

static void drive(void *user, size_t point, bool on) {
    (void)user;
    printf("# %s %d\n", points[point].name, on);
    fflush(stdout);
}

static int32_t supply(void *user) {
    (void)user;
    return 4980;
}

static size_t find(const char *name) {
    size_t n = 0;
    while (n < config.count && strcmp(points[n].name, name))
        n++;
    return n;
}

static void change(const char *name, const char *state, const char *flags) {
    static const char *const states[] = {"normal", "pre", "alarm", "fault"};
    static const char *const names[] = {"tamper", "lowbat", "test", "dirty", "eol", "off", "open", "short"};
    size_t point = find(name);
    if (point == config.count)
        return;
    readings[point].flags = 0;
    for (int n = 0; n < 8; n++)
        if (strstr(flags, names[n]))
            readings[point].flags |= (uint8_t)(1 << n);
    for (int n = 0; n < 4; n++)
        if (!strcmp(state, states[n]))
            readings[point].state = (keng_state)n;
}

static void wait_ms(unsigned long ms) {
    for (unsigned long passed = 0; passed < ms; passed += STEP_MS) {
        clock_ms += STEP_MS;
        keng_poll(&board);
    }
}

static void obey(char *line) {
    char name[32], state[32], flags[64] = "";
    long number = 0;
    line[strcspn(line, "\n")] = 0;
    if (!strncmp(line, "hear ", 5)) {
        keng_receive(&board, line + 5, strlen(line + 5));
        keng_receive(&board, "\n", 1);
    } else if (sscanf(line, "wait %ld", &number) == 1) {
        wait_ms((unsigned long)number);
    } else if (sscanf(line, "set %31s %31s %63s", name, state, flags) >= 2) {
        change(name, state, flags);
    } else if (sscanf(line, "value %31s %ld", name, &number) == 2 && find(name) < config.count) {
        readings[find(name)].has_value = true;
        readings[find(name)].value = (int32_t)number;
    } else if (sscanf(line, "tell %31s %ld", name, &number) == 2) {
        keng_telemetry(&board, find(name), (int32_t)number);
    } else if (!strcmp(line, "reboot")) {
        config.reset = "wdt";
        keng_begin(&board, &config);
    }
}

static int live(void) {
    struct pollfd watched[2] = {{port, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    char data[256];
    for (;;) {
        if (poll(watched, 2, STEP_MS) < 0 || watched[0].revents & POLLHUP)
            return 1;
        if (watched[0].revents & POLLIN) {
            ssize_t length = read(port, data, sizeof data);
            if (length <= 0)
                return 1;
            keng_receive(&board, data, (size_t)length);
        }
        if (watched[1].revents & (POLLIN | POLLHUP)) {
            if (!fgets(data, sizeof data, stdin))
                return 0;
            obey(data);
        }
        keng_poll(&board);
    }
}

static int follow(void) {
    static char line[2048];
    puts(".");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        obey(line);
        puts(".");
        fflush(stdout);
    }
    return 0;
}

static int open_port(const char *path) {
    struct termios settings;
    int opened = open(path, O_RDWR | O_NOCTTY);
    if (opened < 0 || tcgetattr(opened, &settings))
        return -1;
    settings.c_iflag = settings.c_oflag = settings.c_lflag = 0;
    settings.c_cflag = CS8 | CREAD | CLOCAL;
    cfsetispeed(&settings, B9600);
    cfsetospeed(&settings, B9600);
    return tcsetattr(opened, TCSANOW, &settings) ? -1 : opened;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "board PORT|- NAME:TYPE ...\n");
        return 2;
    }
    for (int n = 2; n < argc && config.count < KENG_POINTS; n++) {
        char *type = strchr(argv[n], ':');
        if (!type)
            return 2;
        *type = 0;
        points[config.count].name = argv[n];
        points[config.count++].type = type + 1;
    }
    if (strcmp(argv[1], "-") && (port = open_port(argv[1])) < 0) {
        perror(argv[1]);
        return 1;
    }
    setvbuf(stdin, NULL, _IONBF, 0); /* poll must see what fgets has not taken */
    config.hardware = "02c0de000001";
    config.model = "keng-host";
    config.firmware = "1.0.0+host";
    config.reset = "power";
    config.points = points;
    config.debounce_ms = 100;
    config.own_sounder = true;
    config.millis = now_ms;
    config.random = dice;
    config.write = put;
    config.read = look;
    config.drive = drive;
    config.supply_mv = supply;
    keng_begin(&board, &config);
    return port < 0 ? follow() : live();
}
