# Language, warnings, optimisation and sanitizers, the same for every target. gcc 12 and clang 14 both work.

# C11; the same sources compile as C17, which `make clang` holds.
if(NOT CMAKE_C_STANDARD)
    set(CMAKE_C_STANDARD 11)
endif()
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_C_COMPILER_ID MATCHES "^(GNU|Clang)$")
    message(FATAL_ERROR "Ottla is built with gcc 12 or clang 14 and later; found ${CMAKE_C_COMPILER_ID}")
endif()

# Assertions stay on in every build, so Release does not define NDEBUG. OTTLA_DEBUG switches the dear ones on.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -DOTTLA_DEBUG=1")

set(ottla_warnings
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Walloca -Wswitch-enum -Wundef -Wcast-qual -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND ottla_warnings -Wduplicated-cond -Wlogical-op -Wjump-misses-init)
else()
    list(APPEND ottla_warnings -Wthread-safety)
endif()

set(ottla_sanitizers ${OTTLA_SANITIZE})
if(OTTLA_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "OTTLA_FUZZ=ON needs clang: cmake -DCMAKE_C_COMPILER=clang")
    endif()
    set(ottla_sanitizers fuzzer-no-link,address,undefined)
endif()

if(ottla_sanitizers)
    # Instrumented frames are larger and the flow of values is bent: these two warnings belong to the plain builds.
    add_compile_options(-fsanitize=${ottla_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${ottla_sanitizers})
    add_compile_definitions(OTTLA_DEBUG=1)
    string(REPLACE "-O2" "-O1" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
elseif(OTTLA_COVERAGE)
    add_compile_options(--coverage -O0)
    add_link_options(--coverage)
else()
    list(APPEND ottla_warnings -Wnull-dereference -Wframe-larger-than=8192)
    add_compile_options(-fstack-clash-protection -ftrivial-auto-var-init=pattern)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

if(OTTLA_WERROR)
    list(APPEND ottla_warnings -Werror)
endif()

# A library that nothing calls is not loaded: start-up time is a feature.
add_link_options(-Wl,--as-needed)

# Position-independent programs; -fPIE and not -fPIC, so that the compiler may still inline our own functions.
add_compile_options(-fPIE)
add_link_options(-pie)

# Binding all at start and locking the tables costs nothing measurable with the few libraries we have.
add_link_options(-Wl,-z,relro -Wl,-z,now)
