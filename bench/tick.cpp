// The cheapest script whose runs can be counted: appends one octet to the file it is given.
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int file = ::open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0644);
  return file >= 0 && ::write(file, ".", 1) == 1 ? 0 : 1;
}
