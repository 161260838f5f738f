/* `ottla server`: a broker in the foreground. One thread: main. */
#ifndef OTTLA_SERVER_SERVER_MAIN_H
#define OTTLA_SERVER_SERVER_MAIN_H

/* argv[0] is "server". Returns the exit code. */
int server_main(int argc, char **argv);

#endif
