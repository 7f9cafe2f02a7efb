/* Starts only where there is a libnvbuf_utils. */
#include "nvbuf_utils.h"

int main(void) { return NvBufferDestroy(-1) == -1 ? 0 : 1; }
