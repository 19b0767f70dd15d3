// SPDX-License-Identifier: Apache-2.0
int forward();
int backward();

int main() { return forward() == backward() ? 0 : 1; }
