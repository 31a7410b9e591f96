//! Nothing -> exit code 0: what COMMAND is in the measurements, the least that can be executed.

void _start(void)
{
#if defined(__x86_64__)
    __asm__ volatile("mov $60, %eax; xor %edi, %edi; syscall");
#elif defined(__aarch64__)
    __asm__ volatile("mov x8, #93; mov x0, #0; svc #0");
#else
#error "exit(0) for this architecture"
#endif
}
