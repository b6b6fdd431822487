/* A reference sender of the bridge link, version 1, as a board's firmware would have it: no heap, no printf of JSON
 * libraries, the CRC bit by bit. It reads `POINT STATE` lines and writes one event frame for each. */
#include <stdint.h>
#include <stdio.h>

static uint16_t crc16(const char *data) {
    uint16_t crc = 0xFFFF;
    for (; *data; data++) {
        crc ^= (uint16_t)((unsigned char)*data << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x8000 ? (uint16_t)(crc << 1 ^ 0x1021) : (uint16_t)(crc << 1);
    }
    return crc;
}

int main(void) {
    char point[17], state[8], body[400];
    unsigned number = 1;
    while (scanf("%16s %7s", point, state) == 2) {
        snprintf(body, sizeof body, "{\"t\":\"ev\",\"b\":\"0c0ffee0\",\"s\":%u,\"up\":%u,\"p\":\"%s\",\"st\":\"%s\",\"fl\":[]}",
                 number, number * 1000, point, state);
        printf("%s*%04X\n", body, (unsigned)crc16(body));
        number++;
    }
    return 0;
}
